// Shutdown: from the first word that the process is to end until it does.
//
// Pure; owned by Control, on its thread. It says what is to be done now, and Control does it.
//
//   Serving ──told to end──▶ Leading ──lead is over──▶ Draining ──deadline──▶ Cutting
//      │                        │  not ready, but all   │  nothing new;        whatever is left
//      │                        │  are served           │  exchanges end       is ended
//      │                        └──────── told again ───┴─────────────────────▶
//      └──another process has taken over──▶ HandedOn ──after_upgrade, or told to end──▶ Draining
//                                             sessions go on, and end when they may
#pragma once

#include <cstdint>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/time.h"

namespace winrmlb::app {

class Shutdown {
 public:
  enum class Phase : std::uint8_t { Serving, Leading, HandedOn, Draining, Cutting };
  /// What has become due. EndSessions also stops listening.
  enum class Step : std::uint8_t { Nothing, BeUnready, LeaveSessions, EndSessions, Cut };

  /// A signal says that the process is to end.
  Step end(TimePoint now, const config::Shutdown& settings) noexcept;
  /// Another process listens in its place.
  Step hand_on(TimePoint now, const config::Shutdown& settings) noexcept;
  /// Time goes by.
  Step tick(TimePoint now, const config::Shutdown& settings) noexcept;

  Phase phase() const noexcept { return phase_; }
  bool serves() const noexcept { return phase_ == Phase::Serving; }
  /// The process ends as soon as no session is left.
  bool is_ending() const noexcept { return phase_ >= Phase::HandedOn; }

 private:
  Step drain(TimePoint now, const config::Shutdown& settings) noexcept;

  Phase phase_ = Phase::Serving;
  TimePoint next_ = TimePoint::max();  // when the phase is over
};

}  // namespace winrmlb::app
