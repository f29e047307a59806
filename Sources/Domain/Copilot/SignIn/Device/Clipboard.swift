internal import EventLoop
internal import Processes

/// Copies text to the clipboard of the person's desktop, where there is one.
package enum Clipboard {
    private struct Helper {
        let name: String
        var arguments: [String] = []
        /// The variable that names a display; nil where there always is one.
        let display: String?
    }

    private static let helpers = [
        Helper(name: "wl-copy", display: "WAYLAND_DISPLAY"),
        Helper(name: "xclip", arguments: ["-selection", "clipboard"], display: "DISPLAY"),
        Helper(name: "xsel", arguments: ["--clipboard", "--input"], display: "DISPLAY"),
        Helper(name: "pbcopy", display: nil),
    ]
    private static let variables = ["PATH", "HOME", "WAYLAND_DISPLAY", "DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"]

    /// The name of the program that took the text; nil where none is installed or all failed.
    package static func copy(_ text: String, environment: [String: String]) async -> String? {
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        for helper in self.helpers where helper.display.map({ environment[$0]?.isEmpty == false }) ?? true {
            guard let path = Process.find(helper.name, in: folders) else { continue }
            // The helper forks a child that serves the text. `setsid` takes it out of this process group, whose end
            // would kill it, and waits until that is done.
            let setsid = Process.find("setsid")
            var plan = ProcessPlan(
                setsid ?? path, (setsid == nil ? [] : ["--fork", "--wait", path]) + helper.arguments,
                environment: environment.filter { self.variables.contains($0.key) })
            plan.standardOutput = .null
            plan.standardError = .null
            if await self.run(plan, text) { return helper.name }
        }
        return nil
    }

    private static func run(_ plan: ProcessPlan, _ text: String) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask(name: "clipboard") {
                (try? await Process.run(plan, input: Array(text.utf8)))?.status.isSuccess == true
            }
            group.addTask(name: "limit") {
                try? await Task.sleep(for: .seconds(2))
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
