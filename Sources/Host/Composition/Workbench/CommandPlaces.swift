internal import Workbench

/// Where the commands of all sessions run, and on which files.
protocol CommandPlaces: ShellDirectory, WorkspaceDirectory {
    /// Ends everything that runs, and starts nothing any more.
    func end() async
}
