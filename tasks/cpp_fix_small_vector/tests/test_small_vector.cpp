#include "check.hpp"
#include "small_vector.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace {
// Knows where elements live, and can throw at a copy.
struct Tracked {
  static inline std::set<const Tracked*> alive;
  static inline int copies_left = -1, faults = 0, moves = 0;
  std::unique_ptr<std::string> text;

  explicit Tracked(const std::string& t) : text(std::make_unique<std::string>(t)) { born(); }
  Tracked(const Tracked& other) : text(std::make_unique<std::string>(other.text ? *other.text : "moved")) {
    if (copies_left == 0) throw std::runtime_error("no copy");
    if (copies_left > 0) --copies_left;
    other.check();
    born();
  }
  Tracked(Tracked&& other) noexcept : text(std::move(other.text)) {
    other.check();
    ++moves;
    born();
  }
  Tracked& operator=(const Tracked& other) {
    if (copies_left == 0) throw std::runtime_error("no copy");
    if (copies_left > 0) --copies_left;
    check();
    other.check();
    text = std::make_unique<std::string>(*other.text);
    return *this;
  }
  Tracked& operator=(Tracked&& other) noexcept {
    check();
    other.check();
    ++moves;
    text = std::move(other.text);
    return *this;
  }
  ~Tracked() {
    if (!alive.erase(this)) ++faults;
  }
  bool operator==(const Tracked& other) const { return *text == *other.text; }
  void check() const {
    if (!alive.contains(this)) ++faults;
  }
  void born() {
    if (!alive.insert(this).second) ++faults;
  }
};

// Checks at its end that nothing lives on and that nothing was misused.
struct Clean {
  Clean() {
    Tracked::alive.clear();
    Tracked::copies_left = -1;
    Tracked::faults = Tracked::moves = 0;
  }
  ~Clean() {
    CHECK_EQ(Tracked::alive.size(), 0u);
    CHECK_EQ(Tracked::faults, 0);
  }
};

using Vector = SmallVector<Tracked, 3>;

Vector letters(const std::string& text) {
  Vector v;
  for (char c : text) v.push_back(Tracked(std::string(1, c)));
  return v;
}

std::string text(const Vector& v) {
  std::string all;
  for (const Tracked& each : v) all += each.text ? *each.text : "?";
  return all;
}

bool inside(const void* p, const void* object, std::size_t size) {
  const auto at = reinterpret_cast<std::uintptr_t>(p), start = reinterpret_cast<std::uintptr_t>(object);
  return at >= start && at < start + size;
}
}  // namespace

TEST(grows_from_itself_to_the_heap) {
  Clean clean;
  Vector v = letters("abc");
  CHECK(inside(v.begin(), &v, sizeof v));
  CHECK_EQ(v.capacity(), 3u);
  v.push_back(Tracked("d"));
  CHECK(!inside(v.begin(), &v, sizeof v));
  CHECK(v.capacity() >= 6);
  for (int i = 0; i < 20; ++i) v.push_back(Tracked("x"));
  CHECK_EQ(text(v), "abcd" + std::string(20, 'x'));
  CHECK_EQ(Tracked::alive.size(), 24u);
}

TEST(at_and_pop_back) {
  Clean clean;
  Vector v = letters("ab");
  CHECK_EQ(*v.at(1).text, "b");
  CHECK_THROWS(v.at(2), std::out_of_range);
  v.pop_back();
  CHECK_EQ(Tracked::alive.size(), 1u);
  v.clear();
  CHECK(v.empty() && v.begin() == v.end());
  CHECK_EQ(Tracked::alive.size(), 0u);
  v.push_back(Tracked("z"));
  CHECK_EQ(text(v), "z");
}

TEST(reserve_never_shrinks) {
  Clean clean;
  Vector v = letters("abcde");
  const auto before = v.capacity();
  const Tracked* first = v.begin();
  v.reserve(2);
  v.reserve(before);
  CHECK_EQ(v.capacity(), before);
  CHECK(v.begin() == first);
  v.reserve(50);
  CHECK(v.capacity() >= 50);
  CHECK_EQ(text(v), "abcde");
  v.clear();
  CHECK(v.capacity() >= 50);
}

TEST(copies) {
  Clean clean;
  for (const std::string& start : {"", "ab", "abc", "abcdefg"}) {
    Vector v = letters(start);
    Vector copy = v;
    copy.push_back(Tracked("!"));
    CHECK_EQ(text(v), start);
    CHECK_EQ(text(copy), start + "!");
    for (const std::string& other : {"", "x", "xyzuvw"}) {
      Vector target = letters(other);
      target = v;
      CHECK_EQ(text(target), start);
      target = *&target;
      CHECK_EQ(text(target), start);
      target.push_back(Tracked("1"));
      CHECK_EQ(text(v), start);
    }
  }
}

TEST(moves) {
  Clean clean;
  for (const std::string& start : {"", "ab", "abc", "abcdefg"}) {
    Vector v = letters(start);
    Vector moved = std::move(v);
    CHECK_EQ(text(moved), start);
    CHECK(v.empty());
    v.push_back(Tracked("n"));
    CHECK_EQ(text(v), "n");
    CHECK_EQ(text(moved), start);
    for (const std::string& other : {"", "x", "xyzuvw"}) {
      Vector target = letters(other), source = letters(start);
      target = std::move(source);
      CHECK_EQ(text(target), start);
      CHECK(source.empty());
      for (int i = 0; i < 5; ++i) source.push_back(Tracked("s"));
      CHECK_EQ(text(source), "sssss");
      CHECK_EQ(text(target), start);
    }
  }
}

TEST(moving_a_block_moves_no_element) {
  Clean clean;
  Vector v = letters("abcdef");
  const Tracked* first = v.begin();
  Tracked::moves = 0;
  Vector moved = std::move(v);
  Vector again;
  again = std::move(moved);
  CHECK_EQ(Tracked::moves, 0);
  CHECK(again.begin() == first);
}

TEST(pushing_its_own_elements) {
  Clean clean;
  Vector v = letters("abc");
  for (int i = 0; i < 6; ++i) v.push_back(v[static_cast<std::size_t>(i)]);
  CHECK_EQ(text(v), "abcabcabc");
  Vector small = letters("xyz");
  small.push_back(std::move(small[1]));
  CHECK_EQ(*small[3].text, "y");
}

TEST(inserting) {
  Clean clean;
  Vector v;
  v.insert(0, Tracked("c"));
  v.insert(0, Tracked("a"));
  v.insert(1, Tracked("b"));
  CHECK_EQ(text(v), "abc");
  v.insert(3, Tracked("d"));
  v.insert(1, v[3]);
  v.insert(0, v[0]);
  CHECK_EQ(text(v), "aadbcd");
  CHECK_THROWS(v.insert(7, Tracked("x")), std::out_of_range);
  CHECK_EQ(Tracked::alive.size(), 6u);
}

TEST(erasing) {
  Clean clean;
  Vector v = letters("abcdefgh");
  v.erase(1, 3);
  CHECK_EQ(text(v), "adefgh");
  v.erase(4, 6);
  CHECK_EQ(text(v), "adef");
  v.erase(2, 2);
  v.erase(4, 4);
  CHECK_EQ(text(v), "adef");
  CHECK_EQ(Tracked::alive.size(), 4u);
  CHECK_THROWS(v.erase(3, 2), std::out_of_range);
  CHECK_THROWS(v.erase(2, 5), std::out_of_range);
  v.erase(0, 4);
  CHECK(v.empty());
}

TEST(copies_that_throw) {
  Clean clean;
  for (const std::string& start : {"ab", "abc", "abcdef"}) {
    Vector v = letters(start), target = letters("xyzu");
    const Tracked extra("e");
    auto failing = [&](int copies, auto work) {
      const auto before = Tracked::alive.size();
      Tracked::copies_left = copies;
      CHECK_THROWS(work(), std::runtime_error);
      Tracked::copies_left = -1;
      CHECK_EQ(Tracked::alive.size(), before);
      CHECK_EQ(text(v), start);
      CHECK_EQ(text(target), "xyzu");
    };
    failing(0, [&] { return v.push_back(extra), 0; });
    failing(0, [&] { return v.insert(1, extra), 0; });
    failing(1, [&] { return Vector(v).size(); });
    failing(1, [&] { return (target = v).size(); });
  }
}

TEST(equality_and_alignment) {
  using Ints = SmallVector<int, 2>;
  CHECK((Ints{1, 2, 3} == Ints{1, 2, 3}));
  CHECK(!(Ints{1, 2} == Ints{1, 2, 3}));
  CHECK(!(Ints{1, 2, 3} == Ints{1, 2}));
  CHECK(!(Ints{1, 2} == Ints{1, 3}));
  struct alignas(64) Wide {
    char c;
  };
  struct {
    char before;
    SmallVector<Wide, 2> wide;
  } holder;
  for (int i = 0; i < 9; ++i) {
    holder.wide.push_back(Wide{'w'});
    CHECK_EQ(reinterpret_cast<std::uintptr_t>(holder.wide.begin()) % 64, 0u);
  }
}
