// What the files of this module share of OpenSSL.
#pragma once

#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/net/tls.h"

namespace winrmlb::net {

template <auto release>
struct Releaser {
  template <typename T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};
using X509Pointer = std::unique_ptr<X509, Releaser<X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using BioPointer = std::unique_ptr<BIO, Releaser<BIO_free>>;

/// The first of OpenSSL's queued reasons; empties the queue.
std::string openssl_reason();
/// A Config error: `what`, and OpenSSL's reason.
Error broken(const std::string& what);

std::string sha256_of(const X509* certificate);
std::string end_point_of(const X509* certificate);
/// DNS names and addresses that it speaks for, with commas between them; its subject if there are none.
std::string names_of(const X509* certificate);
WallTime end_of(const X509* certificate);

/// Per connection to a server: for the verify callback, what it presented and what was wrong with it.
struct Presented {
  std::string host;
  std::string sha256;
  int error = X509_V_OK;
  std::string why;  // of the error, for people
};
/// Where a connection keeps its Presented.
int presented_index();

/// Verification of a server: its fingerprint if one is set and matches, else the chain and the name.
/// `context` is the TlsContext.
int verify_server(X509_STORE_CTX* store, void* context);

}  // namespace winrmlb::net
