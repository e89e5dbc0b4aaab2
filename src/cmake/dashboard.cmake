# Joins the files of src/admin/dashboard into one C++ source, so that the program carries its page with it. Included by
# CMakeLists.txt it says how that source is made; run as a script (cmake -P) it makes it.
set(dashboard_scripts dom format api dialogs live charts pager summary servers drains clients sessions listeners changes
                      actions main)

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(folder ${PROJECT_SOURCE_DIR}/src/admin/dashboard)
  set(made ${PROJECT_BINARY_DIR}/dashboard/dashboard_files.cpp)
  list(TRANSFORM dashboard_scripts REPLACE "(.+)" "${folder}/\\1.js" OUTPUT_VARIABLE scripts)
  add_custom_command(OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DMADE=${made} -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${folder}/page.html ${folder}/style.css ${scripts} ${CMAKE_CURRENT_LIST_FILE} VERBATIM)
  target_sources(winrmlb_admin PRIVATE ${made})
  set_source_files_properties(${made} PROPERTIES INCLUDE_DIRECTORIES ${PROJECT_SOURCE_DIR}/src/admin)
  return()
endif()

# text(NAME TYPE CONTENT): a DashboardFile. The delimiter of the raw string stands in none of the files.
function(text name type content)
  string(SHA256 sum "${content}")
  string(SUBSTRING ${sum} 0 32 sum)
  file(APPEND ${MADE} "const DashboardFile ${name}{\"${type}; charset=utf-8\", \"\\\"${sum}\\\"\", R\"~~~~(${content})~~~~\"};\n")
endfunction()

file(WRITE ${MADE} "#include \"dashboard_file.h\"\n\nnamespace winrmlb::admin {\n")
file(READ ${FOLDER}/page.html page)
text(kDashboardPage text/html "${page}")
file(READ ${FOLDER}/style.css style)
text(kDashboardStyle text/css "${style}")
set(script "(() => {\n'use strict';\n")
foreach(name ${dashboard_scripts})
  file(READ ${FOLDER}/${name}.js one)
  string(APPEND script "\n${one}")
endforeach()
text(kDashboardScript text/javascript "${script}})();\n")
file(APPEND ${MADE} "}  // namespace winrmlb::admin\n")
