#include "winrmlb/app/cli.h"
#include "winrmlb/net/tls_memory.h"

int main(int argc, char** argv) {
  winrmlb::net::keep_tls_buffers();
  return winrmlb::app::cli::CommandLine().run(argc, argv);
}
