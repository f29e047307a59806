/// The static helper of a jail.
package enum Sandbox { package static let size = InitProgram.base64.utf8.count }
