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

extension TemporaryDirectory {
    /// Writes a file, with the folders above it, and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) -> String {
        var folder = self.path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o700)
        }
        let path = "\(self.path)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        fchmod(descriptor, mode)
        close(descriptor)
        return path
    }
}
