// gather(): asks every worker something, and brings all answers back to the control thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "winrmlb/app/worker.h"

namespace winrmlb::app {

/// `ask` runs on each worker's thread, `done` once on the control thread. A worker that has ended answers
/// with nothing: Part{}.
template <typename Part, typename Ask, typename Finish>
void gather(boost::asio::io_context& io, const std::vector<std::unique_ptr<Worker>>& workers, Ask ask,
            Finish done) {
  struct Parts {
    explicit Parts(std::size_t count) : all(count), missing(count) {}
    std::vector<Part> all;  // each written by one worker
    std::atomic<std::size_t> missing;
  };
  if (workers.empty()) return boost::asio::post(io, [done] { done({}); });
  auto parts = std::make_shared<Parts>(workers.size());
  const auto note_one = [&io, parts, done] {
    if (parts->missing.fetch_sub(1) == 1)
      boost::asio::post(io, [parts, done] { done(std::move(parts->all)); });
  };
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const bool posted = workers[i]->post([parts, i, ask, note_one](Worker& worker) {
      parts->all[i] = ask(worker);
      note_one();
    });
    if (!posted) note_one();
  }
}

}  // namespace winrmlb::app
