# What stands in a drop folder and cannot be taken in: one message for each code of `RefusalKind`.
intake-symbolic-link = This is a link to another place and cannot be taken in. Please put the file itself here.
intake-fifo = This is a pipe, not a file, and cannot be taken in. Please remove it.
intake-socket = This is a socket, not a file, and cannot be taken in. Please remove it.
intake-device = This is a device, not a file, and cannot be taken in. Please remove it.
intake-other-file-system = Another disk or share is mounted inside this folder, so it cannot be taken in. Please unmount it and put the files here directly.
intake-too-deep = Folders lie in each other more than { $limit } deep, so nothing of this folder was taken in. Please divide it into flatter ones.
intake-too-many = There are more than { $limit } files in this folder, so nothing of it was taken in. Please divide it.
intake-unreadable = This cannot be read, so it was not taken in yet. It stays where it is. Please ask the administrator to check the right to read it, and the disk.
