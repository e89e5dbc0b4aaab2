// TLS memory: OpenSSL's record and message buffers, of some 17 KB each, which it takes for moments only.
//
// Every thread keeps a few of them aside. Given back to the heap in between, their room would be nibbled at
// by what lives as long as its connection, and the next ones would make the heap grow: a third more for an
// idle session with TLS on both sides. malloc(3), CRYPTO_set_mem_functions(3).
#pragma once

namespace winrmlb::net {

/// Once, before anything else is asked of OpenSSL; too late, it changes nothing.
void keep_tls_buffers() noexcept;

}  // namespace winrmlb::net
