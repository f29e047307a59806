/// The same numbers each time, so that what fails fails again.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts at `state`.
    public init(state: UInt64) { self.state = state }

    /// The next number.
    public mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ (self.state >> 29)
    }
}
