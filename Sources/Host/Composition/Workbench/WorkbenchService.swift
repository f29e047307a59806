internal import Lifecycle
internal import Primitives
internal import Workbench

/// Ends the jails' commands when the host stops: after the bridge, whose turns wait for some of them.
struct WorkbenchService: Service {
    let name = "workbench"
    let workbench: Workbench
    private let stopping = Signal()

    init(_ workbench: Workbench) { self.workbench = workbench }

    func run() async throws {
        await self.stopping.wait()
        try Task.checkCancellation()
    }

    func stop() async {
        await self.workbench.stop()
        self.stopping.signal()
    }
}
