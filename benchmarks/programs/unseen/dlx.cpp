#include <cstdio>
#include <cstdlib>
#include <cstdint>
#include <vector>
#include <array>
#define DEF 12
// exact cover (dancing links): counts domino tilings of n x n-ish board and pentomino-like L-tromino tilings
struct Node { Node *l, *r, *u, *d, *c; int size, row; };
class DLX {
    std::vector<Node> pool; std::vector<Node *> cols; Node *h; size_t used = 0; public: long long visits = 0; int sol = 0; uint32_t hash = 0;
    DLX(int ncol, int maxn) : pool(ncol + maxn + 1) {
        h = take(); h->l = h->r = h;
        for (int i = 0; i < ncol; i++) { Node *c = take(); c->u = c->d = c->c = c; c->size = 0; c->l = h->l; c->r = h; h->l->r = c; h->l = c; cols.push_back(c); }
    }
    Node *take() { return &pool[used++]; }
    template <size_t K> void row(int id, const std::array<int, K> &cs) {
        Node *first = nullptr;
        for (int k : cs) { Node *c = cols[k], *x = take(); x->c = c; x->row = id; x->u = c->u; x->d = c; c->u->d = x; c->u = x; c->size++; if (!first) first = x->l = x->r = x; else { x->l = first->l; x->r = first; first->l->r = x; first->l = x; } }
    }
    static void cover(Node *c) { c->r->l = c->l; c->l->r = c->r; for (Node *i = c->d; i != c; i = i->d) for (Node *j = i->r; j != i; j = j->r) { j->d->u = j->u; j->u->d = j->d; j->c->size--; } }
    static void uncover(Node *c) { for (Node *i = c->u; i != c; i = i->u) for (Node *j = i->l; j != i; j = j->l) { j->c->size++; j->d->u = j; j->u->d = j; } c->r->l = c; c->l->r = c; }
    void search(uint32_t path) {
        visits++;
        if (h->r == h) { sol++; hash += path; return; }
        Node *c = h->r; for (Node *j = c->r; j != h; j = j->r) if (j->size < c->size) c = j;
        if (!c->size) return;
        cover(c);
        for (Node *r = c->d; r != c; r = r->d) { for (Node *j = r->r; j != r; j = j->r) cover(j->c); search(path * 31 + r->row); for (Node *j = r->l; j != r; j = j->l) uncover(j->c); }
        uncover(c);
    }
};
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF, w = 6;
    DLX d(n * w, n * w * 4 * 3 + n * w * 4); int id = 0;
    for (int y = 0; y < n; y++) for (int x = 0; x < w; x++) {
        int p = y * w + x;
        if (x + 1 < w) d.row<2>(id++, { p, p + 1 });
        if (y + 1 < n && (x + y) % 3) d.row<2>(id++, { p, p + w });
        if (x + 1 < w && y + 1 < n && (x ^ y) & 1) d.row<3>(id++, { p, p + 1, p + w });
    }
    d.search(1);
    printf("dlx %d %d %lld %u\n", n, d.sol, d.visits, d.hash);
}
