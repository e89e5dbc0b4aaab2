# Third-party libraries, by their Debian 12 packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(pugixml CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(gssapi REQUIRED IMPORTED_TARGET krb5-gssapi)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)

# yaml-cpp 0.7 (Debian 12) exports an unqualified name.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()

# Asio and Beast compiled once instead of in every file.
add_library(winrmlb_asio STATIC ${PROJECT_SOURCE_DIR}/src/cmake/asio.cpp)
target_include_directories(winrmlb_asio SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})
target_compile_definitions(winrmlb_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                           BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_link_libraries(winrmlb_asio PUBLIC Threads::Threads OpenSSL::SSL)
