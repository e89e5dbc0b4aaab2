#include "winrmlb/admin/control_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace winrmlb::admin {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::local::stream_protocol;

Result<json::object> ask(const std::string& socket_path, const json::object& request) {
  boost::system::error_code error;
  asio::io_context io;
  stream_protocol::socket socket(io);
  socket.connect(stream_protocol::endpoint(socket_path), error);
  if (error) {
    return Error{ErrorCode::System, Side::Local,
                 "no winrm-lb answers on " + socket_path + " (" + error.message() +
                     "); is it running, and is this the admin.socket of its configuration?"};
  }
  const std::string line = json::serialize(request) + "\n";
  asio::write(socket, asio::buffer(line), error);
  std::string answer;
  if (!error) asio::read(socket, asio::dynamic_buffer(answer), error);
  if (error != asio::error::eof) {
    return Error{ErrorCode::System, Side::Local, "winrm-lb broke off its answer: " + error.message()};
  }
  const auto parsed = json::parse(answer, error);
  if (error || !parsed.is_object())
    return Error{ErrorCode::System, Side::Local, "winrm-lb gave no sensible answer"};
  const auto& object = parsed.get_object();
  if (const auto* what = object.if_contains("error")) {
    return Error{ErrorCode::Config, Side::Local, std::string(what->get_string())};
  }
  return object;
}

}  // namespace winrmlb::admin
