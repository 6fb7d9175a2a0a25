#include <cstdio>
#include <cstdlib>
#include <cstdint>
#include <cmath>
#include <memory>
#include <vector>
#define DEF 110
struct Visitor;
struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual double perimeter() const = 0;
    virtual void scale(double k) = 0;
    virtual int sides() const { return 0; }
    virtual void accept(Visitor &v) const = 0;
};
struct Circle; struct Rect; struct Tri; struct Poly; struct Group;
struct Visitor { virtual void on(const Circle &) = 0; virtual void on(const Rect &) = 0; virtual void on(const Tri &) = 0; virtual void on(const Group &) = 0; };
struct Circle final : Shape { double r; explicit Circle(double r) : r(r) {} double area() const override { return 3.141592653589793 * r * r; } double perimeter() const override { return 6.283185307179586 * r; } void scale(double k) override { r *= k; } void accept(Visitor &v) const override { v.on(*this); } };
struct Rect : Shape { double w, h; Rect(double w, double h) : w(w), h(h) {} double area() const override { return w * h; } double perimeter() const override { return 2 * (w + h); } void scale(double k) override { w *= k; h *= k; } int sides() const override { return 4; } void accept(Visitor &v) const override { v.on(*this); } };
struct Square final : Rect { explicit Square(double a) : Rect(a, a) {} double perimeter() const override { return 4 * w; } };
struct Tri final : Shape { double a, b, c; Tri(double a, double b, double c) : a(a), b(b), c(c) {} double area() const override { double s = (a + b + c) / 2; return std::sqrt(s * (s - a) * (s - b) * (s - c)); } double perimeter() const override { return a + b + c; } void scale(double k) override { a *= k; b *= k; c *= k; } int sides() const override { return 3; } void accept(Visitor &v) const override { v.on(*this); } };
struct Group final : Shape {
    std::vector<std::unique_ptr<Shape>> kids;
    double area() const override { double s = 0; for (auto &k : kids) s += k->area(); return s; }
    double perimeter() const override { double s = 0; for (auto &k : kids) s += k->perimeter(); return s; }
    void scale(double f) override { for (auto &k : kids) k->scale(f); }
    int sides() const override { int s = 0; for (auto &k : kids) s += k->sides(); return s; }
    void accept(Visitor &v) const override { v.on(*this); for (auto &k : kids) k->accept(v); }
};
struct Counter final : Visitor { int n[4] = {}; double maxr = 0; void on(const Circle &c) override { n[0]++; if (c.r > maxr) maxr = c.r; } void on(const Rect &) override { n[1]++; } void on(const Tri &) override { n[2]++; } void on(const Group &) override { n[3]++; } };
static uint32_t s = 21; static double rnd() { s = s * 1664525u + 1013904223u; return 1 + (s >> 22) / 256.0; }
static std::unique_ptr<Shape> make(int depth) {
    int k = (int)((rnd() - 1) * 1.5) + (depth > 0 ? 0 : 0);
    if (depth > 0) { auto g = std::make_unique<Group>(); for (int i = 0; i < 5; i++) g->kids.push_back(make(depth - 1 - (i == 4))); return g; }
    switch (k % 4) { case 0: return std::make_unique<Circle>(rnd()); case 1: return std::make_unique<Rect>(rnd(), rnd()); case 2: return std::make_unique<Square>(rnd()); default: { double a = rnd(); return std::make_unique<Tri>(a, a * 1.1, a * 1.25); } }
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    auto root = make(6); double a = 0, p = 0; int sd = 0; Counter c;
    for (int i = 0; i < n; i++) { root->scale(i & 1 ? 0.5 : 2.0); a += root->area(); p += root->perimeter(); sd += root->sides(); root->accept(c); }
    printf("shapes %d %.3f %.3f %d %d,%d,%d,%d %.3f\n", n, a, p, sd, c.n[0], c.n[1], c.n[2], c.n[3], c.maxr);
}
