import Glibc
import Host

/// Reads texts as if they stood in `test.yaml`.
func load(
    _ text: String, environment: [String: String] = [:], flags: ConfigurationFlags = ConfigurationFlags(),
    directory: String = "/srv"
) -> LoadedConfiguration {
    let surroundings = Surroundings(
        environment: ["HOME": "/home/alice"].merging(environment) { $1 }, currentDirectory: directory)
    return ConfigurationLoader(flags: flags, surroundings: surroundings).read(Array(text.utf8), file: "/srv/test.yaml")
}

/// A folder that lives as long as the test that made it.
final class TestFolder {
    let path: String

    init() {
        let template = strdup("/tmp/jetbridge-test-XXXXXX")
        defer { free(template) }
        self.path = template.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nonexistent"
    }

    deinit { _ = self.removeAll(self.path) }

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

    private func removeAll(_ path: String) -> Bool {
        if let folder = opendir(path) {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { _ = self.removeAll("\(path)/\(name)") }
            }
            return rmdir(path) == 0
        }
        return unlink(path) == 0
    }
}
