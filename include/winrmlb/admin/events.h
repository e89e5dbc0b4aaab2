// Events: what the process says unasked, to those who have subscribed (HTML Living Standard 9.2, server-sent
// events).
//
// Control thread only; knows no sockets: a transport takes the frames of its Subscription and sends them.
// Bounded: few subscribers, each with few frames waiting. Whoever does not keep up is dropped, and may come
// again: each snapshot says all.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace winrmlb::admin {

using Frame = std::shared_ptr<const std::string>;

struct Subscription {
  static constexpr std::size_t kMostWaiting = 16;

  std::deque<Frame> waiting;
  bool over = false;           // dropped for slowness, or the process ends: nothing comes any more
  std::function<void()> wake;  // set by who sends
};

class Events {
 public:
  static constexpr std::size_t kMostSubscribers = 32;

  /// Null: there are too many.
  std::shared_ptr<Subscription> subscribe();
  bool has_subscribers();
  void publish(std::string_view event, const boost::json::object& data);
  /// To one alone, e.g. the state of things as it comes.
  static void send(Subscription& to, std::string_view event, const boost::json::object& data);
  /// Ends all.
  void close();

 private:
  void forget_those_gone();
  static void push(Subscription& to, const Frame& frame);

  std::vector<std::weak_ptr<Subscription>> subscribers_;
  bool closed_ = false;
};

}  // namespace winrmlb::admin
