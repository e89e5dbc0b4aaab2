// What one head and one chunked body cost. Heads as the Windows client and server send them.
#include <benchmark/benchmark.h>
#include <string>

#include "winrmlb/http/body.h"
#include "winrmlb/http/edit.h"
#include "winrmlb/http/head.h"

namespace {

using namespace winrmlb;
using namespace winrmlb::http;

std::string request_head(std::size_t token_bytes) {
  return "POST /wsman?PSVersion=5.1.20348.2227 HTTP/1.1\r\n"
         "Connection: Keep-Alive\r\n"
         "Content-Type: application/soap+xml;charset=UTF-8\r\n"
         "User-Agent: Microsoft WinRM Client\r\n"
         "Accept: */*\r\n"
         "Accept-Encoding: identity\r\n"
         "Accept-Language: en-US\r\n"
         "X-Request-Id: 0b1f3c5e-7d9b-4a2c-8e6f-102938475665\r\n"
         "Authorization: Negotiate " +
         std::string(token_bytes, 'Y') +
         "\r\n"
         "Content-Length: 1743\r\n"
         "Host: ps1.farm.example.net:5985\r\n"
         "\r\n";
}

void parse_request_head(benchmark::State& state) {
  const auto head = request_head(static_cast<std::size_t>(state.range(0)));
  Fields fields;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parse_request(head, {}, fields));
    benchmark::ClobberMemory();
  }
  state.counters["head_bytes"] = static_cast<double>(head.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(head.size()));
}
BENCHMARK(parse_request_head)->Arg(40)->Arg(2048)->Arg(12288);

void find_head_end(benchmark::State& state) {
  const auto head = request_head(40);
  for (auto _ : state) {
    HeadEnd end;
    benchmark::DoNotOptimize(end.find(head));
  }
}
BENCHMARK(find_head_end);

void parse_response_head(benchmark::State& state) {
  const std::string head =
      "HTTP/1.1 200 \r\n"
      "Content-Type: application/soap+xml;charset=UTF-8\r\n"
      "Server: Microsoft-HTTPAPI/2.0\r\n"
      "Date: Mon, 02 Jun 2025 10:00:00 GMT\r\n"
      "Content-Length: 2210\r\n"
      "\r\n";
  Fields fields;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parse_response(head, {Method::Post}, {}, fields));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(parse_response_head);

void edit_head(benchmark::State& state) {
  const auto head = request_head(40);
  Fields fields;
  if (!parse_request(head, {}, fields)) return state.SkipWithError("the head is refused");
  for (auto _ : state) {
    Edit edit(head);
    benchmark::DoNotOptimize(remove_hop_by_hop(edit, fields, Side::Client));
    edit.add("X-Forwarded-For: 10.0.0.1\r\n");
    benchmark::DoNotOptimize(edit.pieces());
  }
}
BENCHMARK(edit_head);

void take_chunked_body(benchmark::State& state) {
  const auto chunk_bytes = static_cast<std::size_t>(state.range(0));
  char size[17];
  std::string body;
  while (body.size() < 512 * 1024) {
    std::snprintf(size, sizeof size, "%zx", chunk_bytes);
    body.append(size).append("\r\n").append(chunk_bytes, 'x').append("\r\n");
  }
  body += "0\r\n\r\n";
  for (auto _ : state) {
    BodyReader reader(Framing::Chunked, 0, Side::Server, {});
    benchmark::DoNotOptimize(reader.take(body));
    if (!reader.done()) return state.SkipWithError("the body is not done");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(take_chunked_body)->Arg(16)->Arg(1024)->Arg(65536);

}  // namespace

BENCHMARK_MAIN();
