export const rehearse = async () => 0;
