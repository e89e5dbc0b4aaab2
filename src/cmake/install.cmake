# What `cmake --install` puts where, by the Filesystem Hierarchy Standard: the program, its units, its manual, its
# completion, and a configuration to begin with. With a prefix below /usr the configuration belongs into /etc.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # neither tests nor simulator are needed for it

set(winrmlb_units lib/systemd/system)

install(TARGETS winrm-lb RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
# The prefix is known when it is installed, and not before.
install(CODE "
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(configuration /etc/winrm-lb)
  else()
    set(configuration \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SYSCONFDIR}/winrm-lb)
  endif()
  file(INSTALL ${PROJECT_SOURCE_DIR}/config/default/winrm-lb.yaml DESTINATION \${configuration})")
install(FILES config/winrm-lb.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME reference.yaml)
install(FILES config/winrm-lb.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/winrm-lb)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES src/cmake/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES systemd/winrm-lb.service systemd/winrm-lb.socket DESTINATION ${winrmlb_units})
install(FILES systemd/winrm-lb.sysusers DESTINATION lib/sysusers.d RENAME winrm-lb.conf)
install(FILES systemd/winrm-lb.tmpfiles DESTINATION lib/tmpfiles.d RENAME winrm-lb.conf)

# compressed(FILE NAME DESTINATION): as manuals and changelogs are in Debian.
find_program(WINRMLB_GZIP gzip)
function(winrmlb_install_compressed file name destination)
  if(NOT WINRMLB_GZIP)
    install(FILES ${file} DESTINATION ${destination} RENAME ${name})
    return()
  endif()
  set(compressed ${PROJECT_BINARY_DIR}/installed/${name}.gz)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/installed)
  execute_process(COMMAND ${WINRMLB_GZIP} -9nc ${file} OUTPUT_FILE ${compressed} COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  install(FILES ${compressed} DESTINATION ${destination})
endfunction()

file(GLOB manuals CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/config/man/*.[1-8])
foreach(manual ${manuals})
  get_filename_component(name ${manual} NAME)
  string(REGEX MATCH "[1-8]$" section ${name})
  winrmlb_install_compressed(${manual} ${name} ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
winrmlb_install_compressed(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog ${CMAKE_INSTALL_DOCDIR})
if(EXISTS ${PROJECT_SOURCE_DIR}/config/completion/winrm-lb.bash)
  install(FILES config/completion/winrm-lb.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME winrm-lb)
endif()
