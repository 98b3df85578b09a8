template <int N> struct A { static constexpr int v = A<N + 1>::v + A<N + 2>::v; };
int x = A<0>::v;
