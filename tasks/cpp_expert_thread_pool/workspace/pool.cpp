#include "pool.hpp"

Pool::Pool(std::size_t) { throw std::logic_error("not implemented"); }
Pool::~Pool() {}
std::uint64_t Pool::submit(std::function<void()>, Options) { throw std::logic_error("not implemented"); }
State Pool::state(std::uint64_t) const { throw std::logic_error("not implemented"); }
std::exception_ptr Pool::error(std::uint64_t) const { throw std::logic_error("not implemented"); }
State Pool::wait(std::uint64_t) { throw std::logic_error("not implemented"); }
void Pool::wait_all() { throw std::logic_error("not implemented"); }
bool Pool::cancel(std::uint64_t) { throw std::logic_error("not implemented"); }
void Pool::shutdown(bool) { throw std::logic_error("not implemented"); }
