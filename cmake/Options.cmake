# Flags that every target of this project gets; none is left to a single directory.
add_library(hk_options INTERFACE)
target_compile_definitions(hk_options INTERFACE _GNU_SOURCE $<$<BOOL:${HK_SCAN_PLAIN}>:HK_SCAN_PLAIN>)
target_compile_options(hk_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef
  -Werror=unused-result -Werror=implicit-function-declaration -fno-common
  $<$<BOOL:${HK_WERROR}>:-Werror>
  $<$<CONFIG:Release>:-fstack-protector-strong>)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT HK_SANITIZE)
  target_compile_definitions(hk_options INTERFACE _FORTIFY_SOURCE=2)
  target_compile_options(hk_options INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  target_link_options(hk_options INTERFACE -Wl,-z,relro,-z,now)
endif()
if(HK_SANITIZE)
  target_compile_options(hk_options INTERFACE -fsanitize=${HK_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(hk_options INTERFACE -fsanitize=${HK_SANITIZE})
endif()
if(HK_FUZZ)
  target_compile_options(hk_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
