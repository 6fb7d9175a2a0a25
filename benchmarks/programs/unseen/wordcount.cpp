#include <cstdio>
#include <cstdlib>
#include <cstdint>
#include <string>
#include <map>
#include <unordered_map>
#include <vector>
#include <algorithm>
#define DEF 55000
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    static const char *syl[] = { "ka", "to", "mi", "ren", "sol", "di", "vex", "lu", "par", "on", "est", "qui" };
    std::string text; uint32_t s = 5;
    for (int i = 0; i < n; i++) {
        s = s * 1664525u + 1013904223u; uint32_t k = (s >> 16) * (s >> 24) >> 10;
        do { text += syl[k % 12]; k /= 12; } while (k);
        text += i % 11 == 10 ? ".\n" : " ";
    }
    std::map<std::string, int> m; std::unordered_map<std::string, int> u; std::map<int, std::vector<int>> bylen;
    size_t i = 0; int pos = 0;
    while (i < text.size()) {
        size_t j = text.find_first_of(" .\n", i);
        if (j == std::string::npos) j = text.size();
        if (j > i) { std::string w = text.substr(i, j - i); m[w]++; u[w] += pos & 7; bylen[(int)w.size()].push_back(pos++); }
        i = j + 1;
    }
    std::vector<std::pair<std::string, int>> v(m.begin(), m.end());
    std::stable_sort(v.begin(), v.end(), [](const auto &a, const auto &b) { return a.second > b.second; });
    uint32_t h = 0, hu = 0;
    for (auto &p : v) { for (char c : p.first) h = h * 31 + (unsigned char)c; h += p.second; }
    for (auto &p : u) hu += (uint32_t)p.second * (uint32_t)p.first.size();
    for (auto &p : bylen) h ^= (uint32_t)(p.first * p.second.size() + p.second.back());
    printf("wordcount %d %d %u %u %s:%d\n", n, (int)v.size(), h, hu, v[0].first.c_str(), v[0].second);
}
