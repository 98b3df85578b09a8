#include "check.hpp"
#include "column.hpp"

#include <algorithm>

namespace {
struct Result {
  int code;
  std::string out, err;
};

Result call(const std::vector<std::string>& args, const std::string& input) {
  std::istringstream in(input);
  std::ostringstream out, err;
  const int code = run(args, in, out, err);
  return {code, out.str(), err.str()};
}

void prints(const std::string& want, const std::vector<std::string>& args, const std::string& input) {
  const auto got = call(args, input);
  CHECK_EQ(got.code, 0);
  CHECK_EQ(got.out, want);
  CHECK_EQ(got.err, "");
}

void refuses(int code, const std::string& named, const std::vector<std::string>& args, const std::string& input) {
  const auto got = call(args, input);
  CHECK_EQ(got.code, code);
  CHECK_EQ(got.out, "");
  CHECK_EQ(std::count(got.err.begin(), got.err.end(), '\n'), 1);
  CHECK(got.err.find(named) != std::string::npos);
}

const std::string people = "name,age,town\nAda,36,Rome\nBob,9,Oslo\nCy,120,Rome\n";
}  // namespace

TEST(selects) {
  prints("town,name\nRome,Ada\nOslo,Bob\nRome,Cy\n", {"select", "town", "name"}, people);
  prints("age,age\n36,36\n9,9\n120,120\n", {"select", "age", "age"}, people);
  prints("a\n1\n", {"select", "a"}, "a,b,a\n1,2,3\n");
}

TEST(drops) {
  prints("name,town\nAda,Rome\nBob,Oslo\nCy,Rome\n", {"drop", "age", "age"}, people);
  prints("b,a\n2,3\n", {"drop", "a"}, "a,b,a\n1,2,3\n");
}

TEST(reads_quoted_cells) {
  prints("b\n\"x,\"\"y\"\"\n\nz\"\n", {"select", "b"}, "a,b\n1,\"x,\"\"y\"\"\n\nz\"\n");
  prints("a,b\n\"\"\"hi\"\"\",2\n", {"select", "a", "b"}, "a,\"b\"\n\"\"\"hi\"\"\",2\n");
}

TEST(reads_odd_rows) {
  prints("a,b\n1,2\n,\n3,4\n", {"select", "a", "b"}, "\n\r\na,b\r\n1,2\n\n,\r\n3,4");
  prints("a\n\"\"\nx y\n", {"select", "a"}, "a\n\"\"\nx y");
  prints("b\n\"5\"\" x\"\n", {"select", "b"}, "a,b\n1,5\" x\n");
  prints("a\n\"1\r2\"\n\"3\r\n4\"\n", {"select", "a"}, "a\n1\r2\n\"3\r\n4\"\r\n");
}

TEST(sorts_by_bytes) {
  prints("name,age,town\nCy,120,Rome\nAda,36,Rome\nBob,9,Oslo\n", {"sort", "age"}, people);
  prints("k,n\nb,2\nb,3\na,1\na,4\n", {"sort", "k", "--reverse"}, "k,n\na,1\nb,2\nb,3\na,4\n");
  prints("k\nB\na\n", {"sort", "k"}, "k\na\nB\n");
}

TEST(sorts_by_numbers) {
  prints("v\n-2.5\n-2\n0.5\n9\n10\nx\n1e3\n\"\"\n", {"sort", "--numeric", "v"}, "v\nx\n10\n-2\n1e3\n9\n-2.5\n\"\"\n0.5\n");
  prints("v,n\n10,b\n9.0,a\n9,c\nx,1\ny,2\n", {"sort", "v", "--reverse", "--numeric"}, "v,n\nx,1\n9.0,a\n10,b\ny,2\n9,c\n");
}

TEST(sums) {
  prints("age\n165\n", {"sum", "age"}, people);
  prints("a,b\n9223372036854775807,-3\n", {"sum", "a", "b"}, "b,a\n-4,9223372036854775807\n,\n1,0\n");
  prints("a\n0\n", {"sum", "a"}, "a\n");
}

TEST(sums_of_what_is_no_number) {
  refuses(1, "row 3", {"sum", "a"}, "a\n1\n1.5\n");
  refuses(1, "price", {"sum", "n", "price"}, "n,price\n1,x\n");
  refuses(1, "row 2", {"sum", "a"}, "a\n9223372036854775808\n");
  refuses(1, "row 2", {"sum", "a"}, "\n\na\n\n 1\n");
}

TEST(counts) {
  prints("town,count\nRome,2\nOslo,1\n", {"count", "town"}, people);
  prints("a,count\n,2\n\"x,y\",1\n", {"count", "a"}, "a,b\n,1\n\"x,y\",2\n,3\n");
}

TEST(bad_input) {
  refuses(1, "row 1", {"select", "a"}, "");
  refuses(1, "row 1", {"select", "a"}, "\n\n");
  refuses(1, "row 3", {"select", "a"}, "a,b\n1,2\n\n3\n");
  refuses(1, "row 2", {"select", "a"}, "a,b\n1,2,3\n");
  refuses(1, "row 2", {"count", "a"}, "a\n\"open\n\n");
  refuses(1, "row 3", {"count", "a"}, "a\n\"two\nlines\"\n\"x\"y\n");
}

TEST(wrong_use) {
  refuses(2, "", {}, people);
  refuses(2, "total", {"total", "age"}, people);
  refuses(2, "--fast", {"select", "name", "--fast"}, people);
  refuses(2, "--reverse", {"count", "name", "--reverse"}, people);
  refuses(2, "", {"sum"}, people);
  refuses(2, "", {"sort", "name", "age"}, people);
  refuses(2, "", {"count", "name", "age"}, people);
  refuses(2, "height", {"select", "name", "height"}, people);
  refuses(2, "", {"drop", "name", "town", "age"}, people);
}

TEST(which_error_comes_first) {
  refuses(2, "total", {"total"}, "a\n\"open");
  refuses(1, "row 2", {"select", "height"}, "a\n1,2\n");
  refuses(1, "row 4", {"count", "a"}, "a,b\n1,2\n3,4\n5\n");
  refuses(2, "height", {"sum", "a", "height"}, "a\nx\n");
}
