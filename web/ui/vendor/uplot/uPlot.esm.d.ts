// uPlot 1.6: used as it is documented, its options are not checked.
declare const uPlot: any;
export default uPlot;
