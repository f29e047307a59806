/// Cuts bytes into pieces where their content says so: after an insertion, the pieces that follow are the same as before.
struct PieceCutter {
    /// The least and the most bytes of a piece, but for the last one.
    static let sizes = 256 << 10...4 << 20
    /// A cut a MiB on average. The upper bits, because they depend on the last 64 bytes.
    private static let mask: UInt64 = ~0 << 44
    /// Any numbers, which never change: splitmix64 (https://prng.di.unimi.it/splitmix64.c).
    private static let gear: [UInt64] = (1...256).map { index in
        var number = UInt64(index) &* 0x9E37_79B9_7F4A_7C15
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        return number ^ (number >> 31)
    }

    private var hash: UInt64 = 0
    /// What follows the last cut.
    private(set) var rest: [UInt8] = []

    /// Takes bytes and returns the pieces that they complete.
    mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        let gear = Self.gear
        var pieces: [[UInt8]] = []
        var start = 0
        var hash = self.hash
        var count = self.rest.count
        for index in bytes.indices {
            hash = (hash << 1) &+ gear[Int(bytes[index])]
            count += 1
            guard count >= Self.sizes.lowerBound, hash & Self.mask == 0 || count == Self.sizes.upperBound else {
                continue
            }
            pieces.append(self.rest + bytes[start...index])
            self.rest = []
            (start, count, hash) = (index + 1, 0, 0)
        }
        self.rest += bytes[start...]
        self.hash = hash
        return pieces
    }
}
