package import Processes

extension ProcessPlan {
    /// A plan for a program that is killed when the tests end, however they end.
    package static func tied(
        _ executable: String, _ arguments: [String], environment: [String: String], directory: String? = nil
    ) -> ProcessPlan {
        ProcessPlan(
            Process.find("setpriv") ?? "/usr/bin/setpriv", ["--pdeathsig", "KILL", executable] + arguments,
            environment: environment, directory: directory)
    }
}
