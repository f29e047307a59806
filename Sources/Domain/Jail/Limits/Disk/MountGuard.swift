internal import EventLoop
internal import Processes

/// A program that unmounts folders when this process ends, however it ends: its input is then closed.
@Net
final class MountGuard {
    private var process: Process?
    private var folders: Set<String> = []

    nonisolated init() {}

    /// From now on `folder` is unmounted at the end.
    func watch(_ folder: String) async throws(JailFailure) {
        guard !self.folders.contains(folder) else { return }
        do {
            let process = try self.running()
            try await process.input.write(Array("\(folder)\n".utf8))
            self.folders.insert(folder)
        } catch {
            throw JailFailure("no program watches the mounts of this host: \(error)")
        }
    }

    private func running() throws(ProcessError) -> Process {
        if let process = self.process, process.status == nil { return process }
        self.folders = []
        let script = """
            while IFS= read -r folder; do set -- "$@" "$folder"; done
            for folder; do umount -l "$folder" 2>/dev/null; done
            """
        var plan = ProcessPlan(
            "/bin/sh", ["-c", script, "jetbridge-mounts"], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
            directory: "/")
        plan.standardInput = .pipe
        plan.standardOutput = .null
        plan.standardError = .null
        let process = try Process.spawn(plan)
        self.process = process
        return process
    }

    isolated deinit { self.process?.input.close() }
}
