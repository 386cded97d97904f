% Reads a data file in MATLAB (or in Octave with HDF5): all data sets lie at the root.
file = 'scan.h5';
E = h5read(file, '/E') + h5readatt(file, '/E', 'add_offset');   % V against the reference
I = h5read(file, '/I');                                         % A
t = h5read(file, '/t');                                         % s
first = h5read(file, '/row_start');                             % of each site, counted from 0
count = h5read(file, '/row_size');
site = 1;                                                       % MATLAB counts from 1
rows = first(site) + 1 : first(site) + count(site);
plot(t(rows), E(rows));
xlabel('time (s)'); ylabel('E (V)');
