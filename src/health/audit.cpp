#include "winrmlb/health/audit.h"

#include "checks.h"
#include "logged_in.h"
#include "winrmlb/core/check.h"
#include "winrmlb/http/date.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/winrm/fault.h"
#include "winrmlb/winrm/identify.h"

namespace winrmlb::health {

namespace {

constexpr seconds kOfOneQuestion{10};

bool passed(const Finding& finding) noexcept { return finding.evidence == Evidence::Pass; }

}  // namespace

// One server. Each question comes on a connection of its own, so that no answer depends on the one before.
class Audit::Look {
 public:
  static net::Detached run(Audit& audit, net::Poller& poller, net::TimerWheel& wheel, AuditOrder order,
                           std::size_t index) {
    Look look(audit, poller, wheel, std::move(order), index);
    co_await look.all();
    --audit.running_;
  }

 private:
  Look(Audit& audit, net::Poller& poller, net::TimerWheel& wheel, AuditOrder order, std::size_t index)
      : order_(std::move(order)), found_(audit.servers_[index]), talk_(poller, wheel) {}

  net::Task<void> all();
  net::Task<void> port(std::uint16_t number, bool by_tls);
  net::Task<void> log_in(std::uint16_t number, bool by_tls);
  net::Task<void> read_config(LoggedIn& account, const Place& place);
  net::Task<Finding> ask(Place& place, std::string fields, std::string content);
  Place place_of(std::uint16_t number, bool by_tls) const {
    return {{*order_.address, number}, order_.host, by_tls ? order_.tls : nullptr, order_.source};
  }
  void note_clock(PortAudit& port) const;
  void note_offers(PortAudit& port) const;

  const AuditOrder order_;
  ServerAudit& found_;
  Conversation talk_;
};

Audit::Audit(net::Poller& poller, net::TimerWheel& wheel, const std::vector<AuditOrder>& orders)
    : servers_(orders.size()), running_(orders.size()) {
  for (std::size_t i = 0; i < orders.size(); ++i)
    Look::run(*this, poller, wheel, orders[i], i);
}

Audit::~Audit() { WINRMLB_CHECK(done()); }

net::Task<void> Audit::Look::all() {
  found_.pool = order_.pool;
  found_.server = order_.server;
  found_.host = order_.host;
  found_.user = order_.settings.account.user;
  if (!order_.address) co_return;
  for (const auto number : order_.by_tls)
    co_await port(number, true);
  for (const auto number : order_.plain)
    co_await port(number, false);
  if (found_.user.empty()) co_return;
  // Where a password is safest.
  if (!order_.by_tls.empty()) {
    co_await log_in(order_.by_tls.front(), true);
  } else if (!order_.plain.empty()) {
    co_await log_in(order_.plain.front(), false);
  }
}

net::Task<Finding> Audit::Look::ask(Place& place, std::string fields, std::string content) {
  talk_.allow_until(net::now() + kOfOneQuestion);
  Finding result = co_await talk_.open(place);
  if (!passed(result)) co_return result;
  fields += "Connection: close\r\n";
  co_return co_await talk_.ask(place, fields, winrm::kIdentifyContentType, content);
}

net::Task<void> Audit::Look::port(std::uint16_t number, bool by_tls) {
  PortAudit port{.port = number, .tls = by_tls};
  Place place = place_of(number, by_tls);
  const TimePoint began = net::now();
  const std::string anonymous = std::string(winrm::kIdentifyField) + "\r\n";
  const std::string identify(winrm::kIdentifyBody);
  port.finding = co_await ask(place, anonymous, identify);
  port.took = net::now() - began;
  if (talk_.tls()) port.certificate = talk_.tls()->certificate();
  if (passed(port.finding)) {
    note_clock(port);
    port.version = winrm::identify_version(talk_.body());
    if (talk_.status() != 200 || !winrm::is_identify_response(talk_.body()))
      port.finding = unfit_answer(talk_.status(), talk_.body(), "IdentifyResponse");
    // The same without a login, so that the server says which it takes.
    const std::string nothing;
    const Finding asked = co_await ask(place, nothing, identify);
    if (passed(asked)) note_offers(port);
  }
  talk_.close();
  found_.ports.push_back(std::move(port));
}

void Audit::Look::note_clock(PortAudit& port) const {
  if (const auto date = http::parse_date(talk_.date()))
    port.clock = std::chrono::round<seconds>(*date - net::wall_now());
}

void Audit::Look::note_offers(PortAudit& port) const {
  for (const std::string_view value : talk_.challenges()) {
    auto rest = value;
    while (const auto challenge = winrm::next_challenge(rest))
      port.offers.push_back(challenge->scheme);
  }
}

net::Task<void> Audit::Look::log_in(std::uint16_t number, bool by_tls) {
  // Nobody else waits for this thread.
  const Aside at_once = [](const std::function<void()>& work, const std::function<void()>& then) {
    work();
    then();
  };
  CheckOrder check;
  check.place = place_of(number, by_tls);
  check.settings = order_.settings;
  check.login = {order_.settings.account.user, order_.password};
  check.aside = &at_once;
  talk_.allow_until(net::now() + kOfOneQuestion);
  Finding asked = co_await talk_.open(check.place);
  if (passed(asked)) {
    LoggedIn account(talk_, check);
    asked = co_await account.ask(winrm::kIdentifyBody);
    if (passed(asked) && (talk_.status() != 200 || !winrm::is_identify_response(account.body())))
      asked = unfit_answer(talk_.status(), account.body(), "IdentifyResponse");
    if (passed(asked)) {
      found_.version = winrm::identify_version(account.body());
      co_await read_config(account, check.place);
    }
  }
  found_.login = std::move(asked);
  talk_.close();
}

net::Task<void> Audit::Look::read_config(LoggedIn& account, const Place& place) {
  const std::string to = (place.tls ? "https://" : "http://") + place.host + ":" +
                         std::to_string(place.endpoint.port) + "/wsman";
  const auto moment = static_cast<std::uint64_t>(net::now().time_since_epoch().count());
  const std::string content = winrm::make_get_config(to, winrm::message_id(moment, 1));
  talk_.allow_until(net::now() + kOfOneQuestion);
  Finding asked = co_await account.ask(content);
  if (passed(asked)) {
    found_.config = winrm::read_remote_config(account.body());
    if (talk_.status() != 200 || !found_.config) {
      found_.config.reset();
      asked = unfit_answer(talk_.status(), account.body(), "configuration");
    }
  }
  found_.config_finding = std::move(asked);
}

}  // namespace winrmlb::health
