# The Debian package: `cmake --build --preset deb --target package`, or ./dev deb.
configure_file(deb/changelog.in changelog.Debian @ONLY)
set(news ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz)
set(log ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian.gz)
add_custom_command(OUTPUT ${news} ${log} DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM
  COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${news}
  COMMAND ${GZIP} -9nc ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian > ${log})
add_custom_target(changelogs ALL DEPENDS ${news} ${log})
install(FILES ${news} ${log} DESTINATION ${doc})
install_link(changelog.gz ${doc}/CHANGELOG.md.gz)
install(FILES deb/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME flame-operator)
install(FILES systemd/flame-operator.default DESTINATION /etc/default RENAME flame-operator)

file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/conffiles "/etc/default/flame-operator\n")
set(scripts ${CMAKE_CURRENT_SOURCE_DIR}/deb)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "Flame Operator maintainers <flame-operator@example.org>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/conffiles ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "kubernetes-client")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "run Flame clusters on Kubernetes")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Hook server for Metacontroller that keeps Flame clusters on Kubernetes as
their FlameCluster says, and the same code on a terminal: check, render,
forecast and simulate FlameClusters, and the plugin 'kubectl flame'.
.
The service is neither enabled nor started by the installation.")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
