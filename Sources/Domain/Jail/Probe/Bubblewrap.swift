internal import Glibc
internal import Processes

/// The `bwrap` program of this machine.
package struct Bubblewrap: Sendable, Equatable {
    package let path: String
    /// `0.8.0`.
    package let version: String

    /// Checks the program. Fails if it is missing, too old or setuid.
    ///
    /// - Parameter path: Not searched for: profiles of AppArmor cover one path, and jails are started by it.
    package static func find(_ path: String = JailPlan.bwrap) async throws(JailFailure) -> Bubblewrap {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw JailFailure(
                "Bubblewrap is not installed (\(path) is missing); install the package bubblewrap (0.8.0 or newer)")
        }
        // It would refuse --disable-userns, so that a jail could make namespaces.
        guard status.st_mode & (S_ISUID | S_ISGID) == 0 else {
            throw JailFailure("\(path) is setuid, which opens more than it closes; run: chmod u-s,g-s \(path)")
        }
        let text = (try? await Process.run(ProcessPlan(path, ["--version"])))?.text ?? ""
        guard let version = Self.version(in: text) else {
            throw JailFailure("\(path) does not tell its version; install the package bubblewrap (0.8.0 or newer)")
        }
        guard !version.lexicographicallyPrecedes([0, 8]) else {
            throw JailFailure(
                "\(path) is version \(version.map(String.init).joined(separator: ".")), which cannot forbid new "
                    + "namespaces; install bubblewrap 0.8.0 or newer")
        }
        return Bubblewrap(path: path, version: version.map(String.init).joined(separator: "."))
    }

    /// The numbers in `bubblewrap 0.8.0`.
    static func version(in text: String) -> [Int]? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "bubblewrap" else { return nil }
        let parts = words[1].split(separator: ".").map { Int($0.prefix(while: \.isNumber)) }
        let numbers = parts.compactMap { $0 }
        return numbers.count >= 2 && numbers.count == parts.count ? numbers : nil
    }
}
