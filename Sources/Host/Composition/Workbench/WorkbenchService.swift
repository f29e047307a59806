internal import Lifecycle
internal import Primitives
internal import Workbench

/// Ends the commands when the host stops: after the bridge, whose turns wait for some of them.
struct WorkbenchService: Service {
    let name = "workbench"
    let workbench: Workbench
    let places: any CommandPlaces
    private let stopping = Signal()

    init(_ workbench: Workbench, _ places: any CommandPlaces) {
        self.workbench = workbench
        self.places = places
    }

    func run() async throws {
        await self.stopping.wait()
        try Task.checkCancellation()
    }

    func stop() async {
        await self.workbench.stop()
        await self.places.end()
        self.stopping.signal()
    }
}
