# `cpack -G DEB` in the build folder makes the Debian package: what `cmake --install` installs below /usr, and the
# scripts in src/cmake/debian that make the user, start the service, hand it over at an upgrade, and take all away.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME winrm-lb)
set(CPACK_PACKAGE_VENDOR "winrm-lb")
set(CPACK_PACKAGE_CONTACT "The winrm-lb authors <winrm-lb@winrm-lb.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "layer-7 load balancer that knows WinRM")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Stands between WinRM clients and a farm of PowerShell proxy servers, on ports
5985 and 5986. Every client address stays on one server, every client
connection has a server connection of its own, and shells are found where
they live. Servers are checked, drained and brought back without cutting
anybody; so are changes of the configuration and upgrades of the program.")
set(CPACK_PACKAGE_DESCRIPTION "${CPACK_DEBIAN_PACKAGE_DESCRIPTION}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers (>= 1.54), passwd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "gss-ntlmssp")  # for checks that log in by NTLM
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_SET_DESTDIR ON)  # for what belongs into /etc
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES TRUE)

# The changelog of the package itself, in Debian's form.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${PROJECT_BINARY_DIR}/installed/changelog.in
"winrm-lb (${PROJECT_VERSION}-1) stable; urgency=medium

  * See changelog.gz for what has changed.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
winrmlb_install_compressed(${PROJECT_BINARY_DIR}/installed/changelog.in changelog.Debian ${CMAKE_INSTALL_DOCDIR})

set(scripts)
foreach(script preinst postinst prerm postrm conffiles)
  if(EXISTS ${PROJECT_SOURCE_DIR}/src/cmake/debian/${script})
    list(APPEND scripts ${PROJECT_SOURCE_DIR}/src/cmake/debian/${script})
  endif()
endforeach()
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${scripts}")
include(CPack)
