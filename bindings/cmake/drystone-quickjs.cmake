# The target drystone::quickjs: the binding for QuickJS as a static library, for an engine that the project has.
#
# Where QuickJS is, say beforehand with one of
#   DRYSTONE_QUICKJS_TARGET       a target of the engine, whose headers are used and with which the binding is linked
#   DRYSTONE_QUICKJS_INCLUDE_DIR  the folder of quickjs.h; the project links the engine itself, after drystone::quickjs
#
# If DRYSTONE_QUICKJS_POST is true, the binding has post offices; the target drystone::post must exist when CMake generates.
#
# It is compiled as part of the project, because the engine's types and calls differ from release to release.

# drystone_add_quickjs(SOURCE_DIR LIBRARY VARIABLE): the variable says whether the target is there now.
function(drystone_add_quickjs source_dir library variable)
  set(${variable} TRUE PARENT_SCOPE)
  if(TARGET drystone_quickjs)
    return()
  endif()
  if(NOT DRYSTONE_QUICKJS_TARGET AND NOT DRYSTONE_QUICKJS_INCLUDE_DIR)
    set(${variable} FALSE PARENT_SCOPE)
    return()
  endif()
  add_library(drystone_quickjs STATIC EXCLUDE_FROM_ALL "${source_dir}/drystone_quickjs.c")
  add_library(drystone::quickjs ALIAS drystone_quickjs)
  set_target_properties(drystone_quickjs PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS ON C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
  target_include_directories(drystone_quickjs PUBLIC "${source_dir}")
  target_link_libraries(drystone_quickjs PUBLIC ${library})
  if(DRYSTONE_QUICKJS_POST)
    target_compile_definitions(drystone_quickjs PUBLIC DRYSTONE_QUICKJS_POST)
    target_link_libraries(drystone_quickjs PUBLIC drystone::post)
  endif()
  if(DRYSTONE_QUICKJS_TARGET)
    target_link_libraries(drystone_quickjs PUBLIC ${DRYSTONE_QUICKJS_TARGET})
  else()
    target_include_directories(drystone_quickjs SYSTEM PUBLIC "${DRYSTONE_QUICKJS_INCLUDE_DIR}")
  endif()
endfunction()
