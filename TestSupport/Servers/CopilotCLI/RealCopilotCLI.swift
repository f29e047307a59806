internal import Glibc

/// GitHub's Copilot CLI. `scripts/setup test` fetches it into `.cache/copilot-cli`; it is neither committed nor
/// shipped.
package struct RealCopilotCLI: Sendable {
    package let executable: String
    /// Where it unpacks itself on its first start, once for all tests.
    package let cache: String

    /// Why its tests cannot run.
    package struct Missing: Error, CustomStringConvertible {
        /// What is missing and how to get it.
        package let description: String
    }

    /// Throws ``Missing`` if it was not fetched.
    package init() throws {
        let folder = PythonClients.root + "/.cache/copilot-cli"
        self.executable = folder + "/copilot/bin/copilot"
        self.cache = folder + "/cache"
        guard access(self.executable, X_OK) == 0 else {
            throw Missing(
                description:
                    "the Copilot CLI is not in \(folder): run `scripts/setup test`, which fetches it from PyPI, or set "
                    + "JETBRIDGE_SKIP=copilot-cli to skip these tests")
        }
    }

    /// Whether `JETBRIDGE_SKIP` asks to skip its tests.
    package static var isSkipped: Bool {
        guard let value = getenv("JETBRIDGE_SKIP") else { return false }
        return String(cString: value).split(whereSeparator: { $0 == "," || $0 == " " }).contains("copilot-cli")
    }
}
