internal import Glibc

/// GitHub's own Copilot CLI, which `scripts/setup test` fetches into `.cache/copilot-cli`; it is neither committed nor
/// shipped.
public struct RealCopilotCLI: Sendable {
    /// Its path.
    public let executable: String
    /// Where it is unpacked at its first start, once for all tests.
    public let cache: String

    /// Why the tests with it can't run.
    public struct Missing: Error, CustomStringConvertible {
        /// What is missing and how it is had.
        public let description: String
    }

    /// Throws ``Missing`` where it was not fetched.
    public init() throws {
        let folder = Self.root + "/.cache/copilot-cli"
        self.executable = folder + "/copilot/bin/copilot"
        self.cache = folder + "/cache"
        guard access(self.executable, X_OK) == 0 else {
            throw Missing(
                description:
                    "the Copilot CLI is not in \(folder): run `scripts/setup test`, which fetches it from PyPI, or set "
                    + "JETBRIDGE_SKIP=copilot-cli to go without these tests")
        }
    }

    /// Whether the tests with it are asked to be left out.
    public static var isSkipped: Bool {
        guard let value = getenv("JETBRIDGE_SKIP") else { return false }
        return String(cString: value).split(whereSeparator: { $0 == "," || $0 == " " }).contains("copilot-cli")
    }

    /// The package's root, from this file's place.
    private static let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
}
