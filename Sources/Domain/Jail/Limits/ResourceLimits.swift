/// No groups: the kernel's limits of each process alone, which the jail's init sets inside.
///
/// Memory is then limited for each process only; their number is limited for the jail.
package struct ResourceLimits: JailLimiter {
    package let name = "rlimits"

    package init() {}

    package func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup { Group() }

    private struct Group: JailGroup {
        let procsFiles: [String] = []

        /// The kernel reports no such event for a process.
        func waitForExcess() async throws -> String {
            while true { try await Task.sleep(for: .seconds(86_400)) }
        }

        /// The jail's pid namespace ends its processes.
        func end() async {}
    }
}
