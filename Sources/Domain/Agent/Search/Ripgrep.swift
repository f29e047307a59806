internal import Glibc

/// The program that searches.
package enum Ripgrep {
    package static let remedy =
        "ripgrep (rg) is not installed on this machine: an owner can install the package ripgrep"

    /// Whether commands find it, in a jail or without one.
    package static var isInstalled: Bool {
        ["/usr/local/bin", "/usr/bin", "/bin"].contains { access("\($0)/rg", X_OK) == 0 }
    }
}
