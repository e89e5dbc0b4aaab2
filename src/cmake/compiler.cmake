# Compilers, warnings, sanitizers, ccache and the precompiled header.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wno-missing-field-initializers -Werror
                    -fno-omit-frame-pointer -fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlaps and overruns in inlined std::string code that are not there (GCC bug 105329 and its kin).
  add_compile_options(-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang 14 has C++20 coroutines but does not yet say so, and libstdc++ asks.
  add_compile_definitions(__cpp_impl_coroutine=201902L)
  add_compile_options(-Wno-builtin-macro-redefined -Wno-macro-redefined)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
  add_compile_definitions(_FORTIFY_SOURCE=2)
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  # Coroutines hand over to each other by sibling calls; without them the stack grows with every step.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -foptimize-sibling-calls")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

if(WINRMLB_SANITIZE)
  add_compile_options(-fsanitize=${WINRMLB_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WINRMLB_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With sanitizers g++ 12 warns of overruns in libstdc++ that are not there, and of Asio's fences, which only order
    # what mutexes order already.
    add_compile_options(-Wno-tsan -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict
                        -Wno-maybe-uninitialized -Wno-dangling-pointer)
  endif()
endif()
if(WINRMLB_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Paths relative to the source tree, so that every build folder and every clone shares one cache.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
               CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endif()
