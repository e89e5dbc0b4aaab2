#include "winrmlb/proxy/reply.h"

#include <gtest/gtest.h>

#include "winrmlb/http/reply.h"
#include "winrmlb/proxy/counters.h"

namespace winrmlb::proxy {
namespace {

TEST(Reply, EveryErrorHasItsRow) {
  struct Row {
    ErrorCode code;
    int status;
    std::uint64_t fault;
  };
  constexpr Row kRows[] = {
      {ErrorCode::BadRequest, 400, 2150859121},
      {ErrorCode::HeadTooLarge, 431, 2150859121},
      {ErrorCode::BodyTooLarge, 413, 2150859121},
      {ErrorCode::UriTooLong, 414, 2150859121},
      {ErrorCode::VersionNotSupported, 505, 2150859121},
      {ErrorCode::NotImplemented, 501, 2150859121},
      {ErrorCode::RequestTimeout, 408, 2150859121},
      {ErrorCode::Forbidden, 403, 5},
      {ErrorCode::TooManyRequests, 429, 2150858772},
      {ErrorCode::NotFound, 404, 2150859027},
      {ErrorCode::MethodNotAllowed, 405, 2150859121},
      {ErrorCode::LoginNotAllowed, 401, 5},
      {ErrorCode::Misdirected, 421, 2150859121},
      {ErrorCode::NoServer, 503, 2150858772},
      {ErrorCode::ShellServerDown, 500, 2150858843},
      {ErrorCode::LoginBlocked, 503, 2150858772},
      {ErrorCode::ServerBusy, 503, 2150858772},
      {ErrorCode::ConnectRefused, 503, 2150858772},
      {ErrorCode::ConnectTimeout, 503, 2150858772},
      {ErrorCode::ConnectFailed, 503, 2150858772},
      {ErrorCode::TlsFailed, 502, 2150858770},
      {ErrorCode::BadResponse, 502, 2150858770},
      {ErrorCode::ResponseTimeout, 504, 2150859046},
      {ErrorCode::ResetByServer, 502, 2150858770},
      {ErrorCode::ServerDown, 502, 2150858770},
      {ErrorCode::ResetByClient, 0, 0},
      {ErrorCode::Closed, 0, 0},
      {ErrorCode::Cancelled, 0, 0},
      {ErrorCode::Limit, 503, 2150858772},
      {ErrorCode::System, 503, 2150858772},
      {ErrorCode::Config, 503, 2150858772},
  };
  EXPECT_EQ(std::size(kRows), kErrorCodes);
  for (const auto& row : kRows) {
    const auto& reply = reply_row(row.code);
    EXPECT_EQ(reply.status, row.status) << name_of(row.code);
    if (row.status != 0) {
      EXPECT_EQ(static_cast<std::uint64_t>(reply.fault), row.fault) << name_of(row.code);
    }
  }
}

TEST(Reply, EveryAnswerCanBeSentAndUnderstood) {
  for (std::size_t i = 0; i < kErrorCodes; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const auto& row = reply_row(code);
    if (row.status == 0) continue;
    EXPECT_FALSE(row.text.empty()) << name_of(code);
    EXPECT_FALSE(http::reason_phrase(row.status).empty()) << row.status;
    EXPECT_NE(winrm::find_fault(static_cast<std::uint32_t>(row.fault)), nullptr);
    EXPECT_EQ(row.status == 503 || row.status == 429, row.retry_after != 0)
        << name_of(code) << ": says when to come again";
  }
}

TEST(Reply, NoTextMakesAClientPollForEver) {
  for (std::size_t i = 0; i < kErrorCodes; ++i) {
    const auto& row = reply_row(static_cast<ErrorCode>(i));
    const auto fault =
        winrm::make_fault({.code = row.fault, .text = row.text, .relates_to = {}, .message_id = "x"});
    EXPECT_EQ(fault.find("OperationTimeout"), std::string::npos) << fault;
  }
}

TEST(Reply, OnlyWhatAnOperatorShouldActOnIsAWarning) {
  using telemetry::Level;
  for (const auto code :
       {ErrorCode::NoServer, ErrorCode::ConnectRefused, ErrorCode::TlsFailed, ErrorCode::BadResponse})
    EXPECT_EQ(reply_row(code).level, Level::Warn) << name_of(code);
  for (const auto code :
       {ErrorCode::BadRequest, ErrorCode::HeadTooLarge, ErrorCode::RequestTimeout, ErrorCode::ResetByServer})
    EXPECT_EQ(reply_row(code).level, Level::Info) << name_of(code);
  EXPECT_EQ(reply_row(ErrorCode::ResetByClient).level, Level::Debug);
}

}  // namespace
}  // namespace winrmlb::proxy
