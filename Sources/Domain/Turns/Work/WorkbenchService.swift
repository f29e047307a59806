internal import Lifecycle
internal import Primitives
package import Work

/// Ends the commands when the host stops: after the bridge, whose turns wait for some of them.
package struct WorkbenchService: Service {
    package let name = "workbench"
    let workbench: Workbench
    let places: any CommandPlaces
    private let stopping = Signal()

    package init(_ workbench: Workbench, _ places: any CommandPlaces) {
        self.workbench = workbench
        self.places = places
    }

    package func run() async throws {
        await self.stopping.wait()
        try Task.checkCancellation()
    }

    package func stop() async {
        await self.workbench.stop()
        await self.places.end()
        self.stopping.signal()
    }
}
