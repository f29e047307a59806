import Glibc
import Host
import TestSupport

/// Reads a text as the content of `test.yaml`.
func load(
    _ text: String, environment: [String: String] = [:], flags: ConfigurationFlags = ConfigurationFlags(),
    directory: String = "/srv"
) -> LoadedConfiguration {
    let surroundings = Surroundings(
        environment: ["HOME": "/home/alice"].merging(environment) { $1 }, currentDirectory: directory)
    return ConfigurationLoader(flags: flags, surroundings: surroundings).read(Array(text.utf8), file: "/srv/test.yaml")
}

extension LoadedConfiguration {
    var warnings: [ConfigurationIssue] { self.issues.filter { $0.severity == .warning } }
}
