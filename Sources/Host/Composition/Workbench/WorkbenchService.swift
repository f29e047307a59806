internal import Lifecycle
internal import Primitives
internal import Workbench

/// Ends the jails' commands when the host stops: after the bridge, whose turns wait for some of them.
struct WorkbenchService: Service {
    let name = "workbench"
    let workbench: Workbench
    let jails: SessionJails
    private let stopping = Signal()

    init(_ workbench: Workbench, _ jails: SessionJails) {
        self.workbench = workbench
        self.jails = jails
    }

    func run() async throws {
        await self.stopping.wait()
        try Task.checkCancellation()
    }

    func stop() async {
        await self.workbench.stop()
        await self.jails.end()
        self.stopping.signal()
    }
}
