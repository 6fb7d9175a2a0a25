#include <cstdio>
#include <cstdlib>
#include <cstdint>
#include <string>
#include <vector>
#include <algorithm>
#include <string_view>
#define DEF 14000
static std::string esc(const std::string &s) {
    std::string o; o.reserve(s.size() + 8); o.push_back('"');
    for (char c : s) switch (c) { case '"': o += "\\\""; break; case '\n': o += "\\n"; break; case '\\': o += "\\\\"; break; default: o.push_back(c); }
    return o + '"';
}
static std::vector<std::string> split(std::string_view s, char d) {
    std::vector<std::string> r; size_t i = 0;
    for (;;) { size_t j = s.find(d, i); r.emplace_back(s.substr(i, j == std::string_view::npos ? s.size() - i : j - i)); if (j == std::string_view::npos) return r; i = j + 1; }
}
static void replace_all(std::string &s, const std::string &a, const std::string &b) { for (size_t p = 0; (p = s.find(a, p)) != std::string::npos; p += b.size()) s.replace(p, a.size(), b); }
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : DEF;
    std::string json = "["; uint32_t s = 3, h = 0;
    for (int i = 0; i < n; i++) {
        s = s * 1664525u + 1013904223u;
        std::string name = "user" + std::to_string(s >> 16) + (i % 7 == 0 ? "\n\"x\"" : "");
        json += "{\"id\":" + std::to_string(i) + ",\"name\":" + esc(name) + ",\"tags\":\"a;b;" + std::string(i % 9, 'z') + "\"}";
        if (i + 1 < n) json += ",";
        if (json.size() > 4000) {
            std::string t = json; std::reverse(t.begin(), t.end());
            replace_all(json, "user", "u"); replace_all(json, "\\\"x\\\"", "<quoted>");
            auto parts = split(json, ','); std::sort(parts.begin(), parts.end());
            for (auto &p : parts) { h = h * 31 + (uint32_t)p.size(); for (size_t k = 0; k < p.size(); k += 3) h = h * 33 + (unsigned char)p[k]; }
            h ^= (unsigned char)t[t.size() / 2]; json.erase(1);
        }
    }
    for (char c : json) h = h * 31 + (unsigned char)c;
    printf("strbuild %d %u %d\n", n, h, (int)json.size());
}
