/// What a backup can have. Commands in jails make many files, and some that stand for far more bytes than they take on the
/// disk.
struct BackupLimits: Sendable {
    /// More could not be listed: reading the list takes some hundred bytes of memory for each.
    var files = 2_000_000
    /// Bytes of the list, which leave room for the rest of the manifest.
    var list = (1 << 30) - (64 << 20)
    /// Bytes of a path. Longer ones can be made in steps, but no program opens them by their path.
    var path = 4_096
    /// Bytes of the paths of a workspace beyond ``usualPath`` each. The list is in memory several times.
    var paths = 16 << 20
    /// Bytes of further hard links to files that are in the backup, which are copied for each link.
    var repeats = 4 << 30
    /// Bytes of the holes in files.
    var holes = 4 << 30

    static let usualPath = 320

    /// Values of the largest manifest: four for each file, and those that describe the backup.
    static let manifestValues = 4 * BackupLimits().files + 100_000
}
