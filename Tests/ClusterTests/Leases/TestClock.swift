import Primitives

@testable import Cluster

final class TestClock: Sendable {
    private let now = Protected(BootTime(.zero))

    var time: BootTime {
        get { self.now.withLock { $0 } }
        set { self.now.withLock { $0 = newValue } }
    }
}
