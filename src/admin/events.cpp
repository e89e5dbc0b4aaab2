#include "winrmlb/admin/events.h"

#include <utility>

#include <boost/json/serialize.hpp>

namespace winrmlb::admin {

namespace {

// JSON as we write it has no line break, so one data line holds it.
Frame frame_of(std::string_view event, const boost::json::object& data) {
  std::string frame = "event: ";
  frame += event;
  frame += "\ndata: " + boost::json::serialize(data) + "\n\n";
  return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace

std::shared_ptr<Subscription> Events::subscribe() {
  forget_those_gone();
  if (closed_ || subscribers_.size() >= kMostSubscribers) return nullptr;
  auto subscription = std::make_shared<Subscription>();
  subscribers_.push_back(subscription);
  return subscription;
}

bool Events::has_subscribers() {
  forget_those_gone();
  return !subscribers_.empty();
}

void Events::forget_those_gone() {
  std::erase_if(subscribers_, [](const auto& one) { return one.expired(); });
}

void Events::push(Subscription& to, const Frame& frame) {
  if (to.over) return;
  if (to.waiting.size() >= Subscription::kMostWaiting) {
    to.over = true;
    to.waiting.clear();
  } else {
    to.waiting.push_back(frame);
  }
  if (to.wake) to.wake();
}

void Events::publish(std::string_view event, const boost::json::object& data) {
  const auto frame = frame_of(event, data);
  for (const auto& subscriber : subscribers_) {
    if (const auto alive = subscriber.lock()) push(*alive, frame);
  }
}

void Events::send(Subscription& to, std::string_view event, const boost::json::object& data) {
  push(to, frame_of(event, data));
}

void Events::close() {
  closed_ = true;
  for (const auto& subscriber : std::exchange(subscribers_, {})) {
    const auto alive = subscriber.lock();
    if (!alive) continue;
    alive->over = true;
    if (alive->wake) alive->wake();
  }
}

}  // namespace winrmlb::admin
