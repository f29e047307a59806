/// Numbers around zero and at both ends of 64 bits, for fields that somebody else fills.
package enum ExtremeNumbers {
    package static let all: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
}
