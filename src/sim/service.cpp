#include "winrmlb/sim/service.h"

#include <utility>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/login.h"
#include "winrmlb/sim/psrp.h"

namespace winrmlb::sim {

namespace {

using boost::asio::awaitable;

constexpr std::size_t kAnsweredKept = 256;

std::string escaped(std::string_view text) {
  std::string out;
  append_xml_escaped(out, text);
  return out;
}

bool needs_shell(Action action) {
  switch (action) {
    case Action::Delete:
    case Action::Command:
    case Action::Send:
    case Action::Receive:
    case Action::Signal:
    case Action::Disconnect:
    case Action::Reconnect:
    case Action::Connect:
      return true;
    case Action::Identify:
    case Action::Get:
    case Action::Create:
    case Action::Enumerate:
    case Action::Pull:
    case Action::Release:
    case Action::Other:
      return false;
  }
  return false;
}

// "http://host:5985/wsman" of a resource that was made.
std::string reference(const Shell& shell) {
  return "<x:ResourceCreated><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</"
         "a:Address>"
         "<a:ReferenceParameters><w:ResourceURI>" +
         escaped(shell.resource_uri) + "</w:ResourceURI><w:SelectorSet><w:Selector Name=\"ShellId\">" +
         shell.id + "</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>";
}

}  // namespace

Service::Service(const Options& options, boost::asio::any_io_executor executor)
    : options_(options), executor_(std::move(executor)), shells_(options_.quotas) {}

awaitable<void> Service::handle(const SoapRequest& request, const Caller& caller, Hangup& hangup,
                                Reply& reply) {
  if (!request.operation_id.empty()) {
    const auto known = answered_.find(request.operation_id);
    if (known != answered_.end()) {
      reply = request.retransmission ? known->second : fault(request, Fault::DuplicateOperation);
      reply.executed = false;
      co_return;
    }
  }
  shells_.expire(Clock::now());
  Shell* shell = nullptr;
  if (const auto refused = refusal(request, caller, shell)) {
    reply = fault(request, *refused);
  } else {
    if (shell != nullptr) shell->last_use = Clock::now();
    co_await carry_out(request, caller, shell, hangup, reply);
  }
  if (reply.shell_id.empty()) reply.shell_id = request.shell_id;
  if (!hangup.gone) remember(request.operation_id, reply);
}

// What is refused whatever it asks for; `shell` is the one that the request needs.
std::optional<Fault> Service::refusal(const SoapRequest& request, const Caller& caller, Shell*& shell) {
  if (!needs_shell(request.action)) return std::nullopt;
  shell = shells_.find(request.shell_id);
  if (shell == nullptr) return Fault::ShellNotFound;
  if (!equals_ignoring_case(shell->owner, caller.user)) return Fault::AccessDenied;
  const bool ends_the_absence = request.action == Action::Reconnect || request.action == Action::Connect ||
                                request.action == Action::Delete;
  if (shell->disconnected && !ends_the_absence) return Fault::ShellDisconnected;
  return std::nullopt;
}

awaitable<void> Service::carry_out(const SoapRequest& request, const Caller& caller, Shell* shell,
                                   Hangup& hangup, Reply& reply) {
  switch (request.action) {
    case Action::Identify:
      reply = identify(request, caller);
      break;
    case Action::Get:
      reply = get(request, caller);
      break;
    case Action::Create:
      reply = create(request, caller);
      break;
    case Action::Enumerate:
      reply = enumerate(request, caller);
      break;
    case Action::Pull:
      reply = pull(request);
      break;
    case Action::Release:
      reply = release(request);
      break;
    case Action::Command:
      reply = start_command(request, caller, *shell);
      break;
    case Action::Send:
      reply = send(request, *shell);
      break;
    case Action::Receive:
      co_await receive(request, *shell, hangup, reply);
      break;
    case Action::Signal:
      reply = signal(request, *shell);
      break;
    case Action::Delete:
      reply = remove(request, *shell);
      break;
    case Action::Disconnect:
      reply = disconnect(request, *shell);
      break;
    case Action::Reconnect:
      reply = reconnect(request, *shell);
      break;
    case Action::Connect:
      reply = connect(request, *shell);
      break;
    case Action::Other:
      reply = fault(request, Fault::ActionNotSupported);
      break;
  }
}

void Service::remember(const std::string& operation_id, const Reply& reply) {
  if (operation_id.empty()) return;
  if (answered_.emplace(operation_id, reply).second) answered_order_.push_back(operation_id);
  if (answered_order_.size() > kAnsweredKept) {
    answered_.erase(answered_order_.front());
    answered_order_.pop_front();
  }
}

Reply Service::success(const SoapRequest& request, std::string body, std::string_view action_uri) const {
  Reply reply;
  const std::string action = action_uri.empty() ? request.action_uri + "Response" : std::string(action_uri);
  reply.envelope = answer_envelope(action, request.message_id, body);
  reply.executed = true;
  return reply;
}

Reply Service::fault(const SoapRequest& request, Fault fault) const {
  Reply reply;
  reply.status = 500;
  reply.fault_code = facts_of(fault).code;
  reply.envelope = fault_envelope(fault, request.message_id, options_.name);
  return reply;
}

std::size_t Service::forget() {
  enumerations_.clear();
  answered_.clear();
  answered_order_.clear();
  return shells_.clear();
}

Reply Service::identify(const SoapRequest&, const Caller& caller) const {
  Reply reply;
  const bool anonymous = caller.user.empty();
  reply.envelope =
      "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/><s:Body>"
      "<wsmid:IdentifyResponse "
      "xmlns:wsmid=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\">"
      "<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>"
      "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor><wsmid:ProductVersion>OS: ";
  reply.envelope += anonymous ? "0.0.0" : "10.0.20348";
  reply.envelope += " SP: 0.0 Stack: 3.0</wsmid:ProductVersion>";
  if (!anonymous) {
    reply.envelope +=
        "<wsmid:SecurityProfiles>"
        "<wsmid:SecurityProfileName>http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/"
        "spnego-kerberos"
        "</wsmid:SecurityProfileName></wsmid:SecurityProfiles>";
  }
  reply.envelope += "</wsmid:IdentifyResponse></s:Body></s:Envelope>";
  return reply;
}

Reply Service::get(const SoapRequest& request, const Caller& caller) {
  if (!request.shell_id.empty()) {
    const Shell* shell = shells_.find(request.shell_id);
    if (shell == nullptr) return fault(request, Fault::ShellNotFound);
    if (!equals_ignoring_case(shell->owner, caller.user)) return fault(request, Fault::AccessDenied);
    return success(request, shell_body(*shell));
  }
  if (!starts_with_ignoring_case(request.resource_uri, ns::kConfig))
    return fault(request, Fault::InvalidResource);
  const auto number = [](std::string_view name, std::uint64_t value) {
    return "<cfg:" + std::string(name) + ">" + std::to_string(value) + "</cfg:" + std::string(name) + ">";
  };
  const auto flag = [](std::string_view name, bool value) {
    return "<cfg:" + std::string(name) + ">" + (value ? "true" : "false") + "</cfg:" + std::string(name) +
           ">";
  };
  const auto& quotas = options_.quotas;
  std::string body = "<cfg:Config xmlns:cfg=\"http://schemas.microsoft.com/wbem/wsman/1/config\">";
  body += number("MaxEnvelopeSizekb", quotas.envelope_bytes / 1024) +
          number("MaxTimeoutms", static_cast<std::uint64_t>(options_.timers.operation.count())) +
          number("MaxBatchItems", 32000);
  body += "<cfg:Service>" + number("MaxConcurrentOperationsPerUser", quotas.operations_per_user) +
          number("EnumerationTimeoutms", 60000) + number("MaxConnections", 300) +
          flag("AllowUnencrypted", options_.allow_unencrypted) + "<cfg:Auth>" +
          flag("Basic", options_.schemes.basic) + flag("Kerberos", options_.schemes.kerberos) +
          flag("Negotiate", options_.schemes.negotiate) + "<cfg:CbtHardeningLevel>" +
          std::string(name_of(options_.channel_binding)) +
          "</cfg:CbtHardeningLevel></cfg:Auth></cfg:Service>";
  body += "<cfg:Winrs>" + flag("AllowRemoteShellAccess", true) +
          number("IdleTimeout", static_cast<std::uint64_t>(options_.timers.idle_shell.count())) +
          number("MaxConcurrentUsers", quotas.shell_users) +
          number("MaxShellsPerUser", quotas.shells_per_user) + "</cfg:Winrs></cfg:Config>";
  return success(request, std::move(body));
}

Reply Service::create(const SoapRequest& request, const Caller& caller) {
  const bool cmd = request.resource_uri == ns::kCmdResource;
  if (!cmd && !request.resource_uri.starts_with(ns::kPowerShell))
    return fault(request, Fault::InvalidResource);
  const User* user = find_user(options_.users, caller.user);
  if (user != nullptr && !user->administrator) return fault(request, Fault::AccessDenied);
  const auto wanted = child_of(request.body, ns::kShell, "Shell");
  if (!wanted) return fault(request, Fault::SchemaViolation);
  Shell shell;
  shell.id = cmd ? "" : normal_guid(wanted.attribute("ShellId").value());
  if (const auto refused = shells_.may_create(caller.user, shell.id)) return fault(request, *refused);
  if (shell.id.empty()) shell.id = new_guid();
  shell.name = wanted.attribute("Name").value();
  shell.resource_uri = request.resource_uri;
  shell.owner = caller.user;
  shell.session_id = request.session_id;
  shell.client_ip = caller.client_ip;
  shell.psrp = !cmd;
  shell.created = shell.last_use = Clock::now();
  shell.idle_limit = options_.timers.idle_shell;
  if (const auto idle = parse_duration(trimmed(child_of(wanted, ns::kShell, "IdleTimeOut").text().get()))) {
    if (*idle > options_.timers.idle_shell || *idle < milliseconds(1))
      return fault(request, Fault::IdleTimeoutOutOfRange);
    shell.idle_limit = *idle;
  }
  for (const auto& variable :
       children_of(child_of(wanted, ns::kShell, "Environment"), ns::kShell, "Variable")) {
    std::string name = normal_guid(variable.attribute("Name").value());  // upper case
    shell.variables[name] = variable.text().get();
  }
  if (!cmd) {
    const auto fragments = base64_decode(child_of(wanted, ns::kPowerShell, "creationXml").text().get());
    const auto opening = fragments ? psrp::read_opening(*fragments) : std::nullopt;
    if (opening) shell.pool_id = opening->pool_id;
    shell.outlet->put(Stream::Out, psrp::pool_opened(shell.pool_id));
  }
  Shell& made = shells_.add(std::move(shell));
  Reply reply = success(request, reference(made) + shell_body(made));
  reply.shell_id = made.id;
  return reply;
}

std::string Service::shell_body(const Shell& shell) const {
  const auto now = Clock::now();
  const auto since = [&](TimePoint then) {
    return "P0DT0H0M" + std::to_string(std::chrono::duration_cast<seconds>(now - then).count()) + "S";
  };
  std::string out = "<rsp:Shell><rsp:ShellId>" + shell.id + "</rsp:ShellId>";
  if (!shell.name.empty()) out += "<rsp:Name>" + escaped(shell.name) + "</rsp:Name>";
  out += "<rsp:ResourceUri>" + escaped(shell.resource_uri) + "</rsp:ResourceUri><rsp:Owner>" +
         escaped(shell.owner) + "</rsp:Owner><rsp:ClientIP>" + escaped(shell.client_ip) +
         "</rsp:ClientIP><rsp:ProcessId>4242</rsp:ProcessId>" + "<rsp:IdleTimeOut>" +
         duration_text(shell.idle_limit) + "</rsp:IdleTimeOut><rsp:InputStreams>" +
         (shell.psrp ? "stdin pr" : "stdin") + "</rsp:InputStreams><rsp:OutputStreams>" +
         (shell.psrp ? "stdout" : "stdout stderr") + "</rsp:OutputStreams>" + "<rsp:State>" +
         (shell.disconnected ? "Disconnected" : "Connected") + "</rsp:State><rsp:ShellRunTime>" +
         since(shell.created) + "</rsp:ShellRunTime><rsp:ShellInactivity>" + since(shell.last_use) +
         "</rsp:ShellInactivity></rsp:Shell>";
  return out;
}

}  // namespace winrmlb::sim
