# winrmlb_pytest(NAME FILES file... [LABELS label...] [TIMEOUT seconds]): a pytest session as one ctest test. test.sh
# counts its cases one by one. The files find the programs in $WINRMLB_PROGRAMS and may import from tests/support.
find_program(WINRMLB_PYTHON NAMES /usr/bin/python3 python3)

function(winrmlb_pytest name)
  cmake_parse_arguments(arg "" "TIMEOUT" "FILES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  list(TRANSFORM arg_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  add_test(NAME ${name} COMMAND ${WINRMLB_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/support/run_pytest.py ${name} ${arg_FILES})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77
                       ENVIRONMENT "WINRMLB_PROGRAMS=${PROJECT_BINARY_DIR};PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/support")
endfunction()
